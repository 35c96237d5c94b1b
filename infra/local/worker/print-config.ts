/**
 * Prints wrangler.toml as Miniflare's options, one line of JSON. A program of its own: loading wrangler changes global
 * state (network agents, signal handlers) that the process which runs the stack must keep to itself.
 */
import { unstable_getMiniflareWorkerOptions } from "wrangler";

const [path = "wrangler.toml"] = process.argv.slice(2);
const { workerOptions } = unstable_getMiniflareWorkerOptions(path);
process.stdout.write(JSON.stringify(workerOptions));
