import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { hashApiKey, mintApiKey, OPERATOR_ENVIRONMENT } from "../../edge/tenancy/api-key.ts";

/** What must stay the same for data to stay readable and keys to stay valid. */
export interface StackSecrets {
  /** Of PostgreSQL's superuser. */
  readonly adminPassword: string;
  readonly operatorKey: string;
  /** For CREDENTIAL_KEYS and SIGNING_SECRET. */
  readonly credentialKeys: string;
  readonly signingSecret: string;
}

/** Keys of the demo tenant; they are shown once by the API, so they are kept here. */
export interface DemoKeys {
  readonly tenantId: string;
  readonly adminKey: string;
  /** Absent until the tenant is set up as a whole. */
  readonly inferenceKey?: string;
}

export interface KeptSecrets extends StackSecrets {
  readonly demo?: DemoKeys;
}

export function mintSecrets(): StackSecrets {
  return {
    adminPassword: randomBytes(24).toString("base64url"),
    operatorKey: mintApiKey(OPERATOR_ENVIRONMENT, secureRandom).token,
    credentialKeys: `local:${randomBytes(32).toString("base64")}`,
    signingSecret: randomBytes(32).toString("base64url"),
  };
}

/** The hash by which the worker knows the operator key. */
export function operatorKeyHash(secrets: StackSecrets): Promise<string> {
  return hashApiKey(secrets.operatorKey);
}

/** Secrets of an earlier start; null when there was none. */
export async function readSecrets(file: string): Promise<KeptSecrets | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as KeptSecrets);
}

/** Replaces the file as a whole; only its owner may read it. */
export async function writeSecrets(file: string, secrets: KeptSecrets): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

function secureRandom(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
