/** The part of OpenAI's public OpenAPI document that the fake is held against. */
import { isNode, type Node, resolve } from "./mend.ts"

/** The operations that the fake has, by path and method. */
export const operations: Readonly<Record<string, ReadonlyArray<string>>> = {
  "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions": ["get", "post"],
  "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}": ["delete"],
  "/fine_tuning/jobs": ["get"],
  "/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints": ["get"],
  "/models": ["get"],
  "/organization/admin_api_keys": ["get"],
  "/organization/audit_logs": ["get"],
  "/organization/projects": ["get"],
  "/organization/projects/{project_id}/model_permissions": ["get", "post", "delete"]
}

/** Prose, which no validator reads. What an OpenAPI response says of itself is required. */
const isProse = (name: string, value: unknown, node: Node): boolean =>
  (["summary", "tags", "title", "security", "examples", "example"].includes(name) && !isNode(value)) ||
  (name === "description" && typeof value === "string" && !("content" in node)) ||
  name.startsWith("x-")

const withoutProse = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutProse)
  if (!isNode(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !isProse(name, one, value))
      .map(([name, one]) => [name, withoutProse(one)])
  )
}

/** The components that something needs, by their references. */
const reached = (document: Node, from: unknown, found = new Set<string>()): ReadonlySet<string> => {
  for (const [, ref = ""] of JSON.stringify(from).matchAll(/"\$ref":"([^"]+)"/g)) {
    const value = resolve(document, ref)
    if (value !== undefined && !found.has(ref)) reached(document, value, found.add(ref))
  }
  return found
}

const pick = (node: unknown, names: ReadonlyArray<string>): Node =>
  isNode(node) ? Object.fromEntries(names.filter((name) => name in node).map((name) => [name, node[name]])) : {}

/** The operations of the fake and the components that they need, without prose. */
export const cut = (document: Node): Node => {
  const { paths } = document
  const all = pick(paths, Object.keys(operations))
  const kept = Object.fromEntries(Object.entries(all).map(([path, item]) => [path, pick(item, operations[path] ?? [])]))
  const components: Record<string, Record<string, unknown>> = {}
  for (const ref of [...reached(document, kept)].sort()) {
    const [, , kind = "", name = ""] = ref.split("/")
    components[kind] = { ...components[kind], [name]: withoutProse(resolve(document, ref)) }
  }
  return {
    openapi: document["openapi"],
    info: pick(document["info"], ["title", "version"]),
    paths: withoutProse(kept),
    components
  }
}
