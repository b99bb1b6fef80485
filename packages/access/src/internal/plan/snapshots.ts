/**
 * Checkpoints of a plan that one `Access` read for it. What it read there is in the plan itself.
 *
 * @category models
 */
export class Snapshots {
  /** Identifies the `Access`. */
  readonly token: object
  readonly checkpoints: ReadonlySet<string>

  constructor(token: object, checkpoints: ReadonlySet<string>) {
    this.token = token
    this.checkpoints = checkpoints
  }
}
