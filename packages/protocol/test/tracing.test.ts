import { assert, describe, it } from "vitest"
import { attemptAttributes } from "../src/operations.ts"

describe("an attempt", () => {
  const attempt = { method: "GET", template: "/fine_tuning/checkpoints/{checkpoint}/permissions", number: 1 }

  it("has the names of the semantic conventions, and a port that is not the default", () => {
    assert.deepStrictEqual(attemptAttributes(attempt, new URL("http://127.0.0.1:8080/v1")), {
      "http.request.method": "GET",
      "server.address": "127.0.0.1",
      "server.port": 8080,
      "url.template": attempt.template
    })
  })

  it("is counted from the second on", () => {
    assert.deepStrictEqual(attemptAttributes({ ...attempt, number: 3 }, new URL("https://api.openai.com/v1")), {
      "http.request.method": "GET",
      "server.address": "api.openai.com",
      "url.template": attempt.template,
      "http.request.resend_count": 2
    })
  })
})
