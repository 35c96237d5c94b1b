import { describe, expect, it } from "vitest";
import { checkBaseUrl, isOwnAddress } from "./address-policy.ts";

describe("base URLs in public mode", () => {
  it.each([
    "https://api.openai.com/v1",
    "https://8.8.8.8/v1",
    "https://example.com:8443",
    "https://[2606:4700::1111]/v1",
  ])("allow %s", (url) => expect(checkBaseUrl(url, "public")).toBeNull());

  it.each([
    "http://api.openai.com/v1",
    "ftp://example.com",
    "file:///etc/passwd",
    "nonsense",
    "https://user:secret@example.com",
    "https://example.com/#x",
    "https://localhost",
    "https://LOCALHOST./v1",
    "https://a.localhost",
    "https://metadata.google.internal/v1",
    "https://postgres/v1",
    "https://printer.local",
    "https://127.0.0.1",
    "https://127.1",
    "https://127.0.0.1./",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://１２７.0.0.1/",
    "https://0.0.0.0",
    "https://10.1.2.3",
    "https://100.64.0.1",
    "https://169.254.169.254/latest",
    "https://172.16.0.1",
    "https://172.31.255.255",
    "https://192.168.0.1",
    "https://198.18.0.1",
    "https://224.0.0.1",
    "https://255.255.255.255",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[ff02::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[2001:0:1::1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[fd00:ec2::254]/",
    "https://2852039166/latest",
    "https://0xa9fea9fe/latest",
    "https://①②⑦.⓪.⓪.①/",
    "https://127.0.0.1../",
    "https://api.openai.com@10.0.0.1/v1",
    "https://100.100.100.200",
    "https://192.0.0.192",
    "https://168.63.129.16/metadata",
    "https://metadata.goog/v1",
    "https://metadata.goog./v1",
    "https://metadata.tencentyun.com",
    "https://kubernetes.default.svc/v1",
    "https://a.cluster.local",
  ])("refuse %s", (url) => expect(checkBaseUrl(url, "public")).toMatch(/^must /));

  it("allow addresses next to private ranges", () => {
    for (const host of [
      "172.32.0.1",
      "172.15.0.1",
      "11.0.0.1",
      "100.128.0.1",
      "223.255.255.255",
      "192.0.3.1",
      "168.63.129.17",
    ]) {
      expect(checkBaseUrl(`https://${host}`, "public"), host).toBeNull();
    }
  });
});

describe("base URLs in loopback mode", () => {
  it.each([
    "http://127.0.0.1:9000/v1",
    "http://127.9.9.9",
    "http://localhost:1",
    "http://[::1]:80",
    "https://api.openai.com",
  ])("allow %s", (url) => expect(checkBaseUrl(url, "loopback")).toBeNull());
  it.each(["http://api.openai.com", "http://10.0.0.1", "https://10.0.0.1", "http://0.0.0.0", "http://u:p@localhost"])(
    "refuse %s",
    (url) => expect(checkBaseUrl(url, "loopback")).toMatch(/^must /),
  );
});

it("knows its own address whatever the path", () => {
  expect(isOwnAddress("https://gate.example/v1", "https://gate.example")).toBe(true);
  expect(isOwnAddress("https://GATE.example./v1", "https://gate.example")).toBe(true);
  expect(isOwnAddress("https://gate.example:8443/v1", "https://gate.example")).toBe(false);
  expect(isOwnAddress("nonsense", "https://gate.example")).toBe(false);
  expect(isOwnAddress("https://other.example/v1", "https://gate.example")).toBe(false);
  expect(isOwnAddress("https://other.example/v1", undefined)).toBe(false);
});
