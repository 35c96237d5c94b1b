import type { Env } from "../env.ts";

/** Which addresses providers may have: `public` in production; `loopback` adds this machine, for development. */
export type AddressPolicy = Env["UPSTREAM_ADDRESSES"];

/** Names that lead into a private network or back to the machine itself. */
const PRIVATE_SUFFIXES = [
  "localhost",
  "internal",
  "local",
  "localdomain",
  "lan",
  "home",
  "corp",
  "intranet",
  "home.arpa",
  // Kubernetes resolves `name.namespace.svc` by its search list.
  "svc",
  // Public-looking names of clouds' metadata services.
  "metadata.goog",
  "metadata.tencentyun.com",
];

/**
 * IPv4 ranges that are not public unicast (IANA special-purpose registry), and Azure's host endpoint, which lies in
 * public space: network, prefix length.
 */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Every network that `public` refuses by its literal addresses; for a host that can refuse it by what a name leads to. */
export const REFUSED_NETWORKS: readonly string[] = [
  ...SPECIAL_IPV4.map(([network, length]) => `${network}/${String(length)}`),
  // What is not global unicast, and the parts of it that `isPublicIpv6` leaves out.
  ...["::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
];

/**
 * Why a provider may not have this base URL, as a sentence for its owner; null when it may. The URL parser has already
 * turned decimal, octal, hexadecimal and full-width notations of an address into one.
 */
export function checkBaseUrl(text: string, policy: AddressPolicy): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return "must be an https URL";
  if (url.username !== "" || url.password !== "") return "must not hold credentials";
  if (url.hash !== "") return "must not have a fragment";
  const host = withoutRootDot(url.hostname);
  if (policy === "loopback" && isLoopback(host)) return null;
  if (url.protocol !== "https:") return "must be an https URL";
  return isPublic(host) ? null : "must be a public address";
}

/** True when a base URL leads to this deployment itself, whose calls would come back to it. */
export function isOwnAddress(baseUrl: string, publicUrl: string | undefined): boolean {
  if (publicUrl === undefined) return false;
  const [theirs, ours] = [URL.parse(baseUrl), URL.parse(publicUrl)];
  if (theirs === null || ours === null) return false;
  return withoutRootDot(theirs.hostname) === withoutRootDot(ours.hostname) && theirs.port === ours.port;
}

/** `example.com.` is the same host as `example.com`. */
const withoutRootDot = (hostname: string): string => hostname.replace(/\.+$/, "").toLowerCase();

function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "[::1]") return true;
  const address = ipv4Number(host);
  return address !== null && inRange(address, "127.0.0.0", 8);
}

function isPublic(host: string): boolean {
  if (host.startsWith("[")) return isPublicIpv6(host.slice(1, -1));
  const address = ipv4Number(host);
  if (address !== null) return !SPECIAL_IPV4.some(([network, length]) => inRange(address, network, length));
  return host.includes(".") && !PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
}

/**
 * Global unicast is 2000::/3; everything else (loopback, mapped, NAT64, unique-local, link-local, multicast) is
 * refused, and within it the ranges that embed an IPv4 address or are reserved for documentation.
 */
function isPublicIpv6(address: string): boolean {
  const [first = 0, second = 0] = address.split(":").map((group) => (group === "" ? 0 : Number.parseInt(group, 16)));
  if (first < 0x2000 || first > 0x3fff) return false;
  const special = first === 0x2002 || (first === 0x2001 && (second < 0x200 || second === 0xdb8));
  return !special && !(first === 0x3fff && second < 0x1000);
}

function inRange(address: number, network: string, length: number): boolean {
  const size = 2 ** (32 - length);
  const start = ipv4Number(network) ?? 0;
  return address >= start && address < start + size;
}

function ipv4Number(host: string): number | null {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return null;
  return host.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
