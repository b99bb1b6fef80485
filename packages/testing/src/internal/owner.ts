import type { ServerBehavior } from "../ServerBehavior.ts"
import { failure } from "./envelope.ts"
import type { Reply } from "./http.ts"

/** The refusal to grant or revoke the project that owns the checkpoint. */
export const ownerRefusal = (
  behavior: ServerBehavior,
  checkpoint: string,
  projectId: string | undefined
): Reply | undefined =>
  projectId !== undefined && Object.hasOwn(behavior.owners, checkpoint) && behavior.owners[checkpoint] === projectId
    ? failure(400, `Cannot modify checkpoint permissions for the owning project: ${projectId}`)
    : undefined
