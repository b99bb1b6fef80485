import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { globalValue } from "effect/GlobalValue"

/** Owning projects that a server named when it refused to grant or revoke them, for each service there is. */
const learned = globalValue(
  "@checkpoint-permissions/access/owners",
  () => new WeakMap<object, Map<CheckpointId, ProjectId>>()
)

export const ownerOf = (service: object, checkpoint: CheckpointId): ProjectId | undefined =>
  learned.get(service)?.get(checkpoint)

export const learnOwner = (service: object, checkpoint: CheckpointId, owner: ProjectId): void => {
  const owners = learned.get(service) ?? new Map<CheckpointId, ProjectId>()
  learned.set(service, owners.set(checkpoint, owner))
}
