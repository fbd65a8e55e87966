/** A range of addresses so wide that naming it bounds nobody, or half of everybody, so that two of them bound nobody. */
export function isEverybody(cidr: string): boolean {
  const [, address = "", length = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(cidr.trim()) ?? [];
  if (length === "") return false;
  // A whole class A network is the widest that somebody owns; of IPv6, 2000::/3 is all of the internet, fc00::/7 private.
  return Number(length) < (address.includes(":") ? 7 : 8);
}

/** Whether a rule's ports are all ports: none are named, one is without a number, or a range has all of them. */
export function isEveryPort(ports: readonly unknown[]): boolean {
  if (ports.length === 0) return true;
  return ports.some((item) => {
    const { port, endPort } = (typeof item === "object" && item !== null ? item : {}) as Record<string, unknown>;
    if (port === undefined || port === null) return true;
    return typeof port === "number" && typeof endPort === "number" && port <= 1024 && endPort >= 60_000;
  });
}
