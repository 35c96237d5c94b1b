import type { Handle } from "../service.ts";
import type { Calibration } from "./calibration.ts";

/** `GET /v1/engines`: what a router's settings may name, whether each is ready, what it reads and what it is. */
export const enginesHandler: Handle =
  ({ registry }) =>
  (c) =>
    c.json({
      default: registry.default.name,
      engines: registry.all.map((engine) => ({
        name: engine.name,
        version: engine.version,
        ready: engine.ready(),
        ...engine.reads,
        ...engine.traits,
        ...(engine.calibration !== undefined && { calibration: calibrationView(engine.calibration) }),
      })),
    });

function calibrationView({ temperature, otherBias, fitted }: Calibration) {
  if (fitted === undefined) return { temperature, otherBias };
  const { at: fittedAt, decisions, after } = fitted;
  return { temperature, otherBias, fittedAt, decisions, expectedCalibrationError: after.expectedCalibrationError };
}
