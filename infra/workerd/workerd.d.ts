declare module "workerd" {
  /** Path of the binary for this platform; Node wraps the default of a CommonJS module once more. */
  const binary: string | { readonly default: string };
  export default binary;
}
