/** `checkpoint-permissions grant` and `revoke`: the access of projects to one checkpoint. */

import * as Access from "@checkpoint-permissions/access/Access"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import { change } from "../internal/change/change.ts"
import { incomplete } from "../internal/command/failure.ts"
import { defineCommand } from "../internal/command/run.ts"
import { changeOptions, lockOptions, serverOptions } from "../internal/input/options.ts"
import { ownerNote } from "../internal/output/audit.ts"

const grantProjects = change({
  command: "grant",
  perform: Access.grant,
  lists: [
    ["granted", "granted", ""],
    ["notListedYet", "granted", "(not verified)"],
    ["alreadyGranted", "unchanged:", "already has access"],
    ["ownerProjects", "unchanged:", "owns the model"],
    ["mayBeDuplicated", "granted", "perhaps twice"]
  ],
  // Only a grant shows that a project owns the model.
  dryRun: ["alreadyGranted", "granted"],
  failureOf: ({ mayBeDuplicated, notListedYet }: Access.Granted) => {
    if (notListedYet.length > 0) {
      return incomplete(
        `grant: ${pluralize(notListedYet.length, "project")} granted, but not verified: no listing shows it yet; check with list`
      )
    }
    return mayBeDuplicated.length === 0
      ? undefined
      : incomplete(`grant: ${mayBeDuplicated.map(printable).join(", ")} may have a second permission: run it again`)
  }
})

/** @category commands */
export const grant = defineCommand("grant", { ...changeOptions, ...lockOptions, ...serverOptions }, grantProjects, {
  summary: "Grant projects access to a checkpoint.",
  details: [
    "Lists the permissions first, and creates only the missing ones. If a reply is lost, it lists them again, so it is safe to repeat. Exits with 4 if the server does not list a new permission.",
    "Ids are compared with the projects of the organization: an unknown or archived project is refused with 2. At a terminal, the exact name of a project is accepted in place of its id."
  ],
  examples: {
    "grant ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b": "a project that has access keeps its one permission"
  }
})

const revokeProjects = change({
  command: "revoke",
  perform: Access.revoke,
  lists: [
    ["revoked", "revoked", ""],
    ["absent", "unchanged:", `has no permission (${ownerNote})`],
    ["ownerProjects", "not revoked:", "owns the model"]
  ],
  dryRun: ["revoked", "absent"],
  noPermission: "no permission there; check the checkpoint's id",
  failureOf: ({ ownerProjects }: Access.Revoked) =>
    ownerProjects.length === 0
      ? undefined
      : incomplete(
          `revoke: the server lists a permission of ${ownerProjects.map((one) => printableId(one)).join(", ")} and refuses to delete it: the project owns the model`
        )
})

/** @category commands */
export const revoke = defineCommand("revoke", { ...changeOptions, ...lockOptions, ...serverOptions }, revokeProjects, {
  summary: "Revoke projects' access to a checkpoint.",
  details: [
    "Deletes every permission of the projects at the checkpoint, including duplicates. The owner of a model always has access."
  ],
  examples: {
    "revoke ft:gpt-4o:org:weather:B7R9VjQd proj_a": "all its permissions there"
  }
})
