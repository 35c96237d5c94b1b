/** What `curl` would send for these words. */
export function curlRequest([program, ...words]: readonly string[]): { url: string; init: RequestInit } {
  if (program !== "curl") throw new Error(`cannot run ${program ?? "nothing"}`);
  const headers = new Headers();
  let [url, method, body]: [string, string | null, string | null] = ["", null, null];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const value = (): string => words[(index += 1)] ?? "";
    if (word === "-X") method = value();
    else if (word === "-H") {
      const header = value();
      const colon = header.indexOf(":");
      headers.append(header.slice(0, colon), header.slice(colon + 1).trim());
    } else if (word === "-d") body = value();
    else url = word;
  }
  return { url, init: { method: method ?? (body === null ? "GET" : "POST"), headers, body } };
}
