declare module "*.css"

declare module "@localSearchIndex" {
  const locales: { readonly root: () => Promise<{ readonly default: string }> }
  export default locales
}
