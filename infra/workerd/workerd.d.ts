declare module "workerd" {
  /** Path of the binary for this platform. */
  const path: string;
  export default path;
}
