/**
 * Where this project lives. Nothing else in the repository holds an address of it, except the links of `docs/formats.md` to
 * schemas, which a test compares. After a change here, `npm run manifests` writes `homepage`, `repository` and `bugs` of
 * every package, and the site takes its base path and its links to sources from here. `.example` is reserved for examples: while one of these ends so, nothing is published.
 */

/** The repository, as a browser opens it. */
export const repository = "https://code.example/checkpoint-permissions"

/** The documentation site. A path, such as `/checkpoint-permissions/`, becomes the base of all its links. */
export const site = "https://checkpoint-permissions.example/"

/** A file or folder of the repository. @param {string} path */
export const sourceOf = (path) => `${repository}/blob/main/${path}`

/** The page of a package's reference. @param {string} name */
export const referenceOf = (name) => new URL(`reference/${name}/index.html`, site).href

export const isPlaceholder = [repository, site].some((address) => new URL(address).hostname.endsWith(".example"))
