/**
 * Where this project lives. Nothing else in the repository holds an address of it, except what `npm run manifests` writes from
 * here: `homepage`, `repository` and `bugs` of every package, `uses` of workflows and guides, and links to schemas. The site
 * takes its base path and its links to sources from here. `.example` is reserved for examples: while an address ends so,
 * nothing is published. No GitHub owner has a dot in its name.
 */

/** The owner and the name of the repository, as `uses` of a workflow has them. */
export const ownerAndName = "owner.example/checkpoint-permissions"

/** The repository, as a browser opens it. */
export const repository = `https://code.example/${ownerAndName}`

/** The documentation site. A path, such as `/checkpoint-permissions/`, becomes the base of all its links. */
export const site = "https://checkpoint-permissions.example/"

/** A file or folder of the repository. @param {string} path */
export const sourceOf = (path) => `${repository}/blob/main/${path}`

/** The page of a package's reference. @param {string} name */
export const referenceOf = (name) => new URL(`reference/${name}/index.html`, site).href

export const isPlaceholder =
  [repository, site].some((address) => new URL(address).hostname.endsWith(".example")) ||
  ownerAndName.startsWith("owner.example/")
