/** A method and a path with placeholders, such as `/models/:model`. */
export interface Endpoint {
  readonly method: string
  readonly path: string
}

export type Params = Readonly<Record<string, string | undefined>>

/** Decodes the values. Returns `undefined` if a value is not percent-encoded UTF-8. */
const decoded = (parts: Params): Params | undefined => {
  const params: Record<string, string> = {}
  try {
    for (const [name, text = ""] of Object.entries(parts)) params[name] = decodeURIComponent(text)
    return params
  } catch {
    return undefined
  }
}

/** Finds the endpoint of a request. Otherwise returns the methods of its path, or `undefined` for an unknown path. */
export const router = <E extends Endpoint>(endpoints: ReadonlyArray<E>) => {
  const patterns = endpoints.map((endpoint) => ({
    endpoint,
    pattern: new RegExp(`^${endpoint.path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`)
  }))
  return (method: string, path: string): { readonly endpoint: E; readonly params: Params } | string | undefined => {
    const here = patterns.filter(({ pattern }) => pattern.test(path))
    const params = decoded(here[0]?.pattern.exec(path)?.groups ?? {})
    if (here.length === 0 || params === undefined) return undefined
    const found = here.find(({ endpoint }) => endpoint.method === method)
    return found === undefined
      ? here.map(({ endpoint }) => endpoint.method).join(", ")
      : { endpoint: found.endpoint, params }
  }
}
