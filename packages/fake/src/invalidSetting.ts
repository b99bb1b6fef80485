/** The error of an invalid setting, seed or fault plan. */

/**
 * Thrown for invalid settings, seeds and faults. Nothing was changed. The message is one line with the field and the
 * expected values.
 *
 * @example
 * ```ts
 * import { InvalidSetting, makeFetch } from "@checkpoint-permissions/fake"
 *
 * try {
 *   makeFetch({ behavior: { latency: -1 } })
 * } catch (error) {
 *   if (error instanceof InvalidSetting) console.log(error.field, error.reason)
 * }
 * ```
 */
export class InvalidSetting extends Error {
  override readonly name = "InvalidSetting"
  /** The path of the value, such as `behavior.rate.burst` or `seed["ft:a"][0]`. */
  readonly field: string
  /** The expected values, and the given one. */
  readonly reason: string

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`)
    this.field = field
    this.reason = reason
  }
}
