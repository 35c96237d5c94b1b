import { expect, it } from "vitest";
import { ATTACKS, underAttack } from "../../inference/evaluation/attacks/attack.ts";
import { ANSWER } from "../upstreams/recordings.ts";
import { chat, useScene } from "./scene.ts";

const scene = useScene();
const WANTED = { name: "root access", description: "Everything there is" };
const SAID = [{ role: "user" as const, content: "hello" }];

it("no words of a message change the policies it can have, its target, its request or the form of its answer", async () => {
  const { key, upstream } = scene();
  for (const attack of ATTACKS) {
    upstream.answer((call) => call.json(ANSWER));
    const messages = underAttack(SAID, attack, WANTED);
    const answer = await chat(key, { model: "auto", messages, temperature: 0.5 });
    expect(answer.status, attack.name).toBe(200);
    expect(await answer.text(), attack.name).toBe(ANSWER);
    expect(["small%20talk", "other"], attack.name).toContain(answer.headers.get("x-signalbox-policy"));
    expect(answer.headers.get("x-signalbox-model"), attack.name).toBe("main");
    expect(
      upstream.calls.map(({ body }) => JSON.parse(body) as unknown),
      attack.name,
    ).toEqual([{ model: "acme-main", messages, temperature: 0.5 }]);
  }
});
