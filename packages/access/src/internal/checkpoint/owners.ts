import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { globalValue } from "effect/GlobalValue"

/** Owning projects that a server named when it refused to grant or revoke them, for each service there is. */
const learned = globalValue(
  "@checkpoint-permissions/access/owners",
  () => new WeakMap<object, Map<string, ProjectId>>()
)

export const ownerOf = (service: object, checkpoint: string): ProjectId | undefined =>
  learned.get(service)?.get(checkpoint)

export const learnOwner = (service: object, checkpoint: string, owner: ProjectId): void => {
  const owners = learned.get(service) ?? new Map<string, ProjectId>()
  learned.set(service, owners.set(checkpoint, owner))
}
