interface Served {
  readonly method: string;
  /** Segments that begin with a colon stand for any. */
  readonly path: string;
}

/**
 * The methods of the path itself: of the most literal pattern that fits it, not of one with a parameter in the place
 * of a word. Empty when none fits segment by segment.
 */
export function ownMethods(routes: readonly Served[], path: string): ReadonlySet<string> {
  const asked = path.split("/");
  const fitting = routes.filter(({ method, path: pattern }) => method !== "ALL" && fits(pattern.split("/"), asked));
  const most = Math.max(...fitting.map(literals));
  const methods = fitting.filter((route) => literals(route) === most).map(({ method }) => method);
  return new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);
}

const isParameter = (segment: string): boolean => segment.startsWith(":");

const fits = (pattern: readonly string[], asked: readonly string[]): boolean =>
  pattern.length === asked.length && pattern.every((part, at) => isParameter(part) || part === asked[at]);

const literals = ({ path }: Served): number => path.split("/").filter((segment) => !isParameter(segment)).length;
