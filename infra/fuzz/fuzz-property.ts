import type fc from "fast-check";

/** Something that must hold whatever arrives. One definition: the tests run a few of its cases, `npm run fuzz` many. */
export interface FuzzProperty {
  /** What is fed, and what must hold of it. */
  readonly name: string;
  readonly property: fc.IRawProperty<unknown>;
}

/** A property under its name; its own types end here, for whoever runs it does not look at the cases. */
export function named<Ts>(name: string, property: fc.IRawProperty<Ts>): FuzzProperty {
  return { name, property: property };
}
