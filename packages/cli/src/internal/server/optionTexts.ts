/** The texts of refused options on the command line, where options have other names than in programs. */
import { type Refusal, reasons } from "@checkpoint-permissions/protocol/options"

type Texts<Field extends keyof typeof reasons> = {
  readonly [F in Field]: { readonly [Rule in keyof (typeof reasons)[F]]: string }
}

type ByField = Readonly<Record<string, Readonly<Record<string, string>>>>

const example = "pass one such as https://api.openai.com/v1"

const texts: Texts<"adminKey" | "apiUrl" | "authHeader" | "organizationId" | "projectId"> = {
  adminKey: {
    empty: "it is empty: set it to the admin key",
    space: "the admin key contains white space: keep only the key",
    characters: "the admin key contains characters that are not allowed in a header: copy it again"
  },
  apiUrl: {
    scheme: `the base URL does not begin with https://: ${example}`,
    characters: `the base URL contains white space, a backslash or a control character: ${example}`,
    unreadable: `the base URL cannot be parsed: ${example}`,
    userInfo:
      "the base URL contains user info: remove the part before the @, and pass the key in OPENAI_ADMIN_KEY or a file",
    query: `the base URL contains a query or a fragment: ${example}`,
    plainHttp: "the base URL uses http, which sends the key unencrypted: use https, or pass --allow-insecure-http"
  },
  authHeader: { invalid: "not a valid header for the key: pass bearer, or a name such as api-key" },
  organizationId: { invalid: "not valid in a header: pass the id of an organization, or omit it" },
  projectId: { invalid: "not valid in a header: pass the id of a project, or omit it" }
}

/** Returns the command line's text for a refusal, or `undefined` if it has none. */
export const textOf = ({ field, reason }: Refusal): string | undefined => {
  const known: ByField = reasons
  const own: ByField = texts
  const rule = Object.entries(known[field] ?? {}).find(([, text]) => text === reason)?.[0]
  return rule === undefined ? undefined : own[field]?.[rule]
}
