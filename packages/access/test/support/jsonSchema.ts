/** As much of JSON Schema as the policy's schema uses. It throws for a keyword that it does not know. */

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const typeOf = (value: Json): string => (value === null ? "null" : isList(value) ? "array" : typeof value)

const length = (value: Json): number => (typeof value === "string" ? [...value].length : 0)

const silent = new Set(["$schema", "$defs", "title", "description", "examples", "default"])

/** Whether a value is valid against a schema, `root` being where its references lead. */
export const valid = (root: Json, value: Json, schema: Json = root): boolean => {
  if (!isObject(schema)) throw new Error("not a schema")
  const { properties = {}, patternProperties = {} } = schema
  return Object.entries(schema).every(([keyword, rule]): boolean => {
    switch (keyword) {
      case "$ref": {
        const target = String(rule)
          .split("/")
          .slice(1)
          .reduce<Json | undefined>((at, part) => (isObject(at) ? at[part] : undefined), root)
        if (target === undefined) throw new Error(`${rule} leads nowhere`)
        return valid(root, value, target)
      }
      case "allOf":
        return isList(rule) && rule.every((one) => valid(root, value, one))
      case "anyOf":
        return isList(rule) && rule.some((one) => valid(root, value, one))
      case "type":
        return typeOf(value) === rule
      case "enum":
        return isList(rule) && rule.includes(value)
      case "pattern":
        return typeof value !== "string" || new RegExp(String(rule), "u").test(value)
      case "minLength":
        return typeof value !== "string" || length(value) >= Number(rule)
      case "maxLength":
        return typeof value !== "string" || length(value) <= Number(rule)
      case "items":
        return !isList(value) || value.every((item) => valid(root, item, rule))
      case "uniqueItems":
        return !isList(value) || new Set(value.map((item) => JSON.stringify(item))).size === value.length
      case "required":
        return !isObject(value) || (isList(rule) && rule.every((key) => Object.hasOwn(value, String(key))))
      case "properties":
        return (
          !isObject(value) ||
          Object.entries(isObject(rule) ? rule : {}).every(
            ([key, inner]) => !Object.hasOwn(value, key) || valid(root, value[key] ?? null, inner)
          )
        )
      case "patternProperties":
        return (
          !isObject(value) ||
          Object.entries(isObject(rule) ? rule : {}).every(([pattern, inner]) =>
            Object.entries(value).every(
              ([key, item]) => !new RegExp(pattern, "u").test(key) || valid(root, item, inner)
            )
          )
        )
      case "propertyNames":
        return !isObject(value) || Object.keys(value).every((key) => valid(root, key, rule))
      case "additionalProperties":
        if (rule !== false || !isObject(patternProperties) || Object.keys(patternProperties).length > 0) {
          throw new Error("additionalProperties is understood as false, without patternProperties")
        }
        return !isObject(value) || Object.keys(value).every((key) => Object.hasOwn(Object(properties), key))
      default:
        if (silent.has(keyword)) return true
        throw new Error(`unknown keyword ${keyword}`)
    }
  })
}
