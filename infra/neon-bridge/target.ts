/** The one PostgreSQL that this bridge connects to. */
export interface BridgeTarget {
  readonly host: string;
  readonly port: number;
}

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Reads the role and the database off a connection string; null when it is none or names another server. */
export function loginFor(target: BridgeTarget, connectionString: string): Login | null {
  const url = URL.canParse(connectionString) ? new URL(connectionString) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return null;
  if (!isTarget(target, `${url.hostname}:${url.port === "" ? "5432" : url.port}`)) return null;
  try {
    return {
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
    };
  } catch {
    return null;
  }
}

/** Whether `address` (`host:port`) is the configured server. */
export function isTarget(target: BridgeTarget, address: string): boolean {
  return address === `${target.host}:${target.port}`;
}
