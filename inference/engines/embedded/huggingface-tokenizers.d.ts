// The package's own types import one another without file extensions, which Node's module resolution cannot follow.
declare module "@huggingface/tokenizers" {
  export class Tokenizer {
    constructor(definition: object, config: object);
    encode(text: string): { ids: number[] };
  }
}
