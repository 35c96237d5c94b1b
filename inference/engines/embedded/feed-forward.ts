import { z } from "zod";

/** A network of one tanh layer beside a linear path, over standardised inputs. Matrices are input × hidden. */
export const feedForwardSchema = z.object({
  mean: z.array(z.number()),
  scale: z.array(z.number().positive()),
  hidden: z.array(z.array(z.number())),
  hiddenBias: z.array(z.number()),
  output: z.array(z.number()),
  /** The linear path, over the first inputs. */
  linear: z.array(z.number()),
  bias: z.number(),
});
type FeedForwardWeights = z.infer<typeof feedForwardSchema>;

/** The network as a function; throws when the weights' sizes do not fit each other and `inputs`. */
export function createFeedForward(weights: FeedForwardWeights, inputs: number): (input: readonly number[]) => number {
  const { mean, scale, hidden, hiddenBias, output, linear, bias } = weights;
  const width = output.length;
  const fits =
    [mean, scale, hidden].every((part) => part.length === inputs) &&
    linear.length <= inputs &&
    hiddenBias.length === width &&
    hidden.every((row) => row.length === width);
  if (!fits) throw new Error("the scorer's weights do not fit its features");
  const weight = Float64Array.from(hidden.flat());
  return (input) => {
    const layer = Float64Array.from(hiddenBias);
    let sum = bias;
    for (let index = 0; index < inputs; index += 1) {
      const value = ((input[index] ?? 0) - (mean[index] ?? 0)) / (scale[index] ?? 1);
      sum += value * (linear[index] ?? 0);
      const row = index * width;
      for (let unit = 0; unit < width; unit += 1) layer[unit] = (layer[unit] ?? 0) + value * (weight[row + unit] ?? 0);
    }
    for (let unit = 0; unit < width; unit += 1) sum += Math.tanh(layer[unit] ?? 0) * (output[unit] ?? 0);
    return sum;
  };
}
