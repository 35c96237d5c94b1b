/**
 * The words of one shell command, with `$NAME` outside of single quotes filled in from `variables`. Throws for a variable
 * that is not there, and for whatever else a shell would do something with.
 */
export function shellWords(command: string, variables: Readonly<Record<string, string>>): string[] {
  const words: string[] = [];
  let word: string | null = null;
  const tokens = /\\\n|\s+|'([^']*)'|"([^"\\`]*)"|\\(')|([\w./:$-]+)/y;
  while (tokens.lastIndex < command.length) {
    const at = tokens.lastIndex;
    const token = tokens.exec(command);
    if (token === null) throw new Error(`cannot read ${command.slice(at, at + 20)}`);
    const [all, single, double, quote, plain] = token;
    if (/^\\\n$|^\s+$/.test(all)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word = (word ?? "") + (single ?? filled(double, variables) ?? quote ?? filled(plain, variables) ?? "");
  }
  return word === null ? words : [...words, word];
}

function filled(text: string | undefined, variables: Readonly<Record<string, string>>): string | undefined {
  return text?.replaceAll(/\$([A-Z_]+)/g, (_all, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`there is no $${name}`);
    return value;
  });
}
