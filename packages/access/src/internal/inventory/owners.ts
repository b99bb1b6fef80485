import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { isProjectId } from "@checkpoint-permissions/core/Identifiers"
import { owningProject } from "@checkpoint-permissions/protocol/settling"
import * as Arr from "effect/Array"
import type { Entry } from "../journal/model.ts"
import { isOf } from "../journal/read.ts"
import type { Resolved } from "../policy/model.ts"
import type { Parts } from "./make.ts"

type Owner = NonNullable<Parts["owners"]>[string]

/** The owners that journals of this server tell by a refused grant: its projects were sent in one request. */
const byRefusal = (server: Server, journal: ReadonlyArray<Entry>): ReadonlyArray<readonly [string, Owner]> => {
  const refused = journal
    .filter(isOf(server))
    .filter(({ action, outcome }) => action === "grant" && outcome === "refused")
  const requests = Arr.groupBy(refused, ({ checkpoint, project, request }) => `${checkpoint} ${request ?? project}`)
  return Object.values(requests).flatMap((entries) => {
    const [{ checkpoint, error }] = entries
    const projects = entries.flatMap(({ project }) => (isProjectId(project) ? [project] : []))
    // What the server said stands before the status.
    const detail = error?.replace(/ \(status .*$/s, "")
    const owner = owningProject({ kind: "BadRequestError", detail }, projects)
    return owner === undefined ? [] : [[checkpoint, { project: owner, by: "refusal" }] as const]
  })
}

/** Owners that a policy names, and those that a server told when it refused to grant them. What it told comes first. */
export const ownersOf = (
  server: Server,
  policy: ReadonlyArray<Resolved>,
  journal: ReadonlyArray<Entry>
): NonNullable<Parts["owners"]> =>
  Object.fromEntries([
    ...policy.flatMap(({ checkpoint, owner }) =>
      owner === undefined ? [] : [[checkpoint, { project: owner, by: "policy" }] as const]
    ),
    ...byRefusal(server, journal)
  ])
