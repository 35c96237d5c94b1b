import { inject } from "vitest";

/** Where the shared stack of this run can be reached. Plain data: vitest hands it to every test file. */
export interface StackAddresses {
  /** The worker, `http://127.0.0.1:port`. */
  readonly baseUrl: string;
  readonly operatorKey: string;
  /** The worker's CREDENTIAL_KEYS, for making what it can open. */
  readonly credentialKeys: string;
  readonly inferenceUrl: string;
  readonly inferenceToken: string;
  /** Connection string of the superuser; for looking at what happened, never for making a tenant. */
  readonly adminUrl: string;
  readonly edgeUrl: string;
  readonly apiUrl: string;
  readonly jobsUrl: string;
  /** The bridge: DATABASE_HTTP_ENDPOINT and DATABASE_WS_PROXY. */
  readonly httpEndpoint: string;
  readonly wsProxy: string;
  /** Folder with worker.log, inference.log, bridge.log and postgres.log. */
  readonly logDir: string;
}

declare module "vitest" {
  // Declaration merging needs an interface.
  export interface ProvidedContext {
    stack: StackAddresses;
  }
}

/** The stack that `global-setup.ts` started for this run. */
export function stack(): StackAddresses {
  return inject("stack");
}
