/** Percent right by level and mean of the three, as published in arXiv 2506.16655, table 1. */
export const PAPER_ROWS = [
  { model: "Arch-Router 1.5B", Turn: 96.05, Span: 94.98, Conv: 88.48, overall: 93.17 },
  { model: "Claude Sonnet 3.7", Turn: 96.24, Span: 94.7, Conv: 87.45, overall: 92.79 },
  { model: "GPT-4o", Turn: 93.96, Span: 90.74, Conv: 84.52, overall: 89.74 },
  { model: "Gemini 2.0 Flash", Turn: 89.19, Span: 85.05, Conv: 85.79, overall: 85.63 },
  { model: "Qwen2.5-1.5B untuned", Turn: 34.37, Span: 16.09, Conv: 11.61, overall: 20.69 },
] as const;
