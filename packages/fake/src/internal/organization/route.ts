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
  { path: /^\/organization\/audit_logs$/, methods: { GET: "list-audit-logs" } },
  { path: /^\/organization\/admin_api_keys$/, methods: { GET: "list-admin-keys" } }
]

/** The methods of a path below the base path, and the id in it, encoded. */
export const resourceOf = (
  path: string
): { readonly methods: Resource["methods"]; readonly id: string | undefined } | undefined => {
  for (const { methods, path: pattern } of resources) {
    const match = pattern.exec(path)
    if (match !== null) return { methods, id: match[1] }
  }
  return undefined
}
