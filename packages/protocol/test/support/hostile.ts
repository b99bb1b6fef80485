/** An object that throws when it is asked for a property. */
export const throwing = (name: PropertyKey, message = "no"): object =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw new Error(message)
    }
  })

/** An object that answers no question at all. */
export const revoked = (target: object = {}): object => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
