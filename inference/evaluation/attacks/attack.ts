import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Turn } from "../../contract/index.ts";

const attackSchema = z.object({
  name: z.string().min(1),
  /** `{said}` is what the user wants, `{policy}` and `{description}` the policy that the attack wants it sent to. */
  text: z.string().refine((text) => text.includes("{said}"), "must keep what the user wants"),
});
export type Attack = z.infer<typeof attackSchema>;

export interface Wanted {
  readonly name: string;
  readonly description: string;
}

/** Ways in which the words of a message try to choose their own policy, or what else they should not touch. */
export const ATTACKS: readonly Attack[] = z
  .array(attackSchema)
  .parse(JSON.parse(readFileSync(new URL("attacks.json", import.meta.url), "utf8")));

/** The conversation with the attack in its last turn. */
export function underAttack(conversation: readonly Turn[], { text }: Attack, wanted: Wanted): Turn[] {
  return conversation.map((turn, index) => {
    if (index !== conversation.length - 1) return turn;
    const parts = { "{said}": turn.content, "{policy}": wanted.name, "{description}": wanted.description };
    return {
      ...turn,
      content: text.replaceAll(/\{(said|policy|description)\}/g, (mark) => parts[mark as keyof typeof parts]),
    };
  });
}
