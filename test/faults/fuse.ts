/** A process that dies at a chosen one of its awaits: from there on, nothing of it goes on. */
export class Fuse {
  /** The awaits it came to, by name. */
  readonly passed: string[] = [];
  /** Settles when it has died. */
  readonly died: Promise<void>;
  readonly #at: number | null;
  #die: () => void = () => undefined;

  /** Dies at await number `at`, from 0; never when null. */
  constructor(at: number | null) {
    this.#at = at;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  async point(name: string): Promise<void> {
    this.passed.push(name);
    if (this.#at === null || this.passed.length - 1 < this.#at) return;
    this.#die();
    await new Promise(() => undefined);
  }
}
