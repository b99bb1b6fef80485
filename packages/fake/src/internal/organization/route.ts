import type { Operation } from "../faults/model.ts"

/** A path next to checkpoint permissions: what it is called, and what each method is. */
interface Resource {
  readonly path: RegExp
  readonly methods: Readonly<Record<string, Operation>>
}

const resources: ReadonlyArray<Resource> = [
  { path: /^\/models$/, methods: { GET: "list-models" } },
  { path: /^\/fine_tuning\/jobs$/, methods: { GET: "list-jobs" } },
  { path: /^\/fine_tuning\/jobs\/([^/]+)\/checkpoints$/, methods: { GET: "list-job-checkpoints" } },
  { path: /^\/organization\/projects$/, methods: { GET: "list-projects" } },
  {
    path: /^\/organization\/projects\/([^/]+)\/model_permissions$/,
    methods: {
      GET: "get-model-permissions",
      POST: "update-model-permissions",
      DELETE: "delete-model-permissions"
    }
  },
  { path: /^\/organization\/audit_logs$/, methods: { GET: "list-audit-logs" } }
]

/** Whatever comes before the first of these is the base path. */
const start = /\/(?:models|fine_tuning|organization)(?:\/|$)/

/** The methods of a path, and the id in it, encoded. */
export const resourceOf = (
  path: string
): { readonly methods: Resource["methods"]; readonly id: string | undefined } | undefined => {
  const below = path.slice(start.exec(path)?.index ?? path.length)
  for (const { methods, path: pattern } of resources) {
    const match = pattern.exec(below)
    if (match !== null) return { methods, id: match[1] }
  }
  return undefined
}
