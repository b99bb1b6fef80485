/** The version of this package, written by `npm run manifests`. */
export const version = "0.0.0"
