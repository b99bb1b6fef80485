/** The texts of refused options on the command line, where options have other names than in programs. */
import { type Refusal, reasons } from "@checkpoint-permissions/protocol/options"

type Texts<Field extends keyof typeof reasons> = {
  readonly [F in Field]: { readonly [Rule in keyof (typeof reasons)[F]]: string }
}

type ByField = Readonly<Record<string, Readonly<Record<string, string>>>>

const texts: Texts<"adminKey" | "apiUrl" | "authHeader" | "organizationId" | "projectId"> = {
  adminKey: {
    ...reasons.adminKey,
    empty: "it is empty: set it to the admin key",
    space: "the admin key contains white space: keep only the key"
  },
  apiUrl: {
    ...reasons.apiUrl,
    userInfo:
      "the base URL contains user info: remove the part before the @, and pass the key in OPENAI_ADMIN_KEY or a file",
    plainHttp: "the base URL uses http, which sends the key unencrypted: use https, or pass --allow-insecure-http"
  },
  authHeader: { invalid: "not a valid header for the key: pass bearer, or a name such as api-key" },
  organizationId: { invalid: "not valid in a header: pass the id of an organization, or omit it" },
  projectId: { invalid: "not valid in a header: pass the id of a project, or omit it" }
}

export const textOf = ({ field, reason }: Refusal): string | undefined => {
  const known: ByField = reasons
  const own: ByField = texts
  const rule = Object.entries(known[field] ?? {}).find(([, text]) => text === reason)?.[0]
  return rule === undefined ? undefined : own[field]?.[rule]
}
