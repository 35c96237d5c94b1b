/** What a decision model answered, in no wire's words. */
export type Decided =
  | {
      readonly kind: "distribution";
      readonly choice: string | null;
      /** Null when the server gives none. Need not sum to 1, nor name every option, nor only options. */
      readonly probabilities: ReadonlyMap<string, number> | null;
      /** Share of the model's next-token probability that lay on the options at all; null when not said. */
      readonly optionMass: number | null;
      readonly tokens: DecisionTokens | null;
    }
  | { readonly kind: "refusal"; readonly tokens: DecisionTokens | null };

export interface DecisionTokens {
  readonly prompt: number;
  readonly cached: number;
  readonly completion: number;
}
