import assert from "node:assert/strict";

import fc from "fast-check";

import { wholeMatch } from "../../kit/re2";
import { patternMistake } from "../../settings/fields/name-pattern";
import { settingsOf } from "../support/settings";

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);

/** What the remedy says to write. */
const meantIn = (remedy: string): string => /^write (\S+?)(;|$)/.exec(remedy)?.[1] ?? assert.fail(remedy);

/** Asserts that an expression is refused and that the message names the one that was meant. */
function refused(expression: string, meant: string): void {
  const mistake = patternMistake(expression, "namespace");
  assert.equal(meantIn(mistake?.remedy ?? `nothing was refused in ${expression}`), meant);
}

describe("an expression for names", () => {
  for (const [expression, meant] of [
    ["team-a,team-b", "team-a|team-b"],
    ["kube-system, monitoring", "kube-system|monitoring"],
    ["kube-system monitoring", "kube-system|monitoring"],
    ["kube-system;monitoring;", "kube-system|monitoring"],
    ["team-a | team-b", "team-a|team-b"],
    ["kube-system || monitoring ||", "kube-system|monitoring"],
    ["kube-*", "kube-.*"],
    ["team-a*", "team-a.*"],
    ["*", ".*"],
    ["**", ".*"],
    ["node-?", "node-."],
    ["{team-a,team-b}", "(team-a|team-b)"],
    ["team-{a,b}", "team-(a|b)"],
    ['["team-a","team-b"]', "team-a|team-b"],
    ["[team-a, team-b]", "team-a|team-b"],
    ["'kube-system'", "kube-system"],
    ["/kube-.*/", "kube-.*"],
    ["Kube-System", "kube-system"],
    ["kube_system", "kube-system"],
    ["kube-system\n", "kube-system"],
    // https://github.com/grafana/helm-charts/issues/1497
    ["*-system", ".*-system"],
    // https://github.com/mustafaakin/kubernetes-event-exporter/issues/57
    ["*test*|*temp*", ".*test.*|.*temp.*"],
    // https://github.com/enix/x509-certificate-exporter/issues/161
    ["mynamespace-*", "mynamespace-.*"],
    // https://github.com/enix/x509-certificate-exporter/issues/26
    ["openshift-*,kube-*", "openshift-.*|kube-.*"],
    // https://github.com/DataDog/helm-charts/issues/471
    ["logging monitoring", "logging|monitoring"],
  ] as const)
    it(`that is a list or a shell pattern is refused, with what was meant: ${JSON.stringify(expression)}`, () =>
      refused(expression, meant));

  it("that is a label or a negation is refused for what it is", () => {
    for (const label of ["role=worker", "kubernetes.io/os=linux", "node-role.kubernetes.io/worker: ''"])
      assert.match(patternMistake(label, "node")?.problem ?? "", /looks like a label/);
    const negation = patternMistake("!kube-system", "namespace");
    assert.match(negation?.remedy ?? "", /alloy:logs\.excludeNamespaces/);
    // https://github.com/grafana/alloy/issues/2020 asks for a "not" in a list of namespaces.
    assert.match(patternMistake("!team-.*", "namespace")?.problem ?? "", /leaves nothing out/);
  });

  // https://github.com/Azure/ARO-RP/pull/2080: Fluent Bit's own expressions may look ahead, RE2's may not.
  it("that looks ahead is refused by the setting itself, which says that RE2 has no such thing", () =>
    assert.throws(
      () =>
        settingsOf({ logs: { excludeNamespaces: "default|kube-.*|^(?!openshift-(logging|gitops))(openshift-.*)" } }),
      /excludeNamespaces[^]*no look-ahead/,
    ));

  it("that can match names is accepted, in every form of RE2's", () => {
    for (const expression of [
      ...["", ".*", ".+", "kube-system", "kube-.*", "team-(a|b)", "^team-a$", "team-[ab]*", "[a-z,]+", "worker-\\d*"],
      ...[
        "(?i)Kube-System",
        "(?i:KUBE)-.*",
        "(?P<Team>a|b)-.*",
        "(?:team-)?a",
        "team-a{1,3}",
        "a{2,}",
        "ip-10(-\\d+){3}",
      ],
      ...[
        "teams?",
        "node-?a",
        "\\Qkube-system\\E",
        "\\pL*",
        "[[:alpha:]]*-x",
        "[^,]*",
        "[]a]*",
        "x-[\\]a]*",
        "(a-b)*c",
      ],
      ...["ip-10-0-1-5\\.eu-central-1\\.compute\\.internal", "a|", "|b", ".*?-system", "\\x{61}b"],
    ])
      assert.equal(patternMistake(expression, "node"), undefined, expression);
  });

  it("that RE2 does not compile, and that is no list, is left to the message about RE2", () => {
    for (const expression of ["(?!b)a", "(a)\\1", "a)|(b", "[z-a]"])
      assert.equal(patternMistake(expression, "namespace"), undefined, expression);
    assert.throws(
      () => settingsOf({ logs: { includeNamespaces: "(?!b)a" } }),
      /not a regular expression that Alloy accepts/,
    );
  });

  it("is refused if it is any list of names, and what is written instead matches them and no other", () => {
    const separator = fc.constantFrom(",", ", ", ";", " ", "\n");
    fc.assert(
      fc.property(fc.array(name, { minLength: 2, maxLength: 5 }), separator, name, (names, between, other) => {
        const mistake = patternMistake(names.join(between), "namespace");
        const meant = meantIn(mistake?.remedy ?? "");
        assert.equal(patternMistake(meant, "namespace"), undefined, meant);
        const matches = wholeMatch(meant);
        for (const one of names) assert.ok(matches(one), one);
        assert.equal(matches(other), names.includes(other));
      }),
    );
  });

  it("is refused if it is any shell pattern with a star, and what is written instead matches as the shell does", () => {
    const stars = fc
      .tuple(name, fc.constantFrom("-*", "*", "-*-"), fc.constantFrom("", "x"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(stars, name, (shell, middle) => {
        const meant = meantIn(patternMistake(shell, "node")?.remedy ?? "");
        assert.equal(patternMistake(meant, "node"), undefined, meant);
        assert.ok(wholeMatch(meant)(shell.replace("*", middle)));
      }),
    );
  });

  it("is accepted if it is made of names, classes, groups and what repeats those", () => {
    const atom = fc.oneof(
      name,
      fc
        .constantFrom(".", "[a-z]", "[^x]", "\\d", "(?:a|b)", "[[:alnum:]-]")
        .chain((one) => fc.constantFrom("", "*", "+", "?", "{1,3}", "*?").map((often) => one + often)),
    );
    const branch = fc.array(atom, { minLength: 1, maxLength: 4 }).map((atoms) => atoms.join(""));
    fc.assert(
      fc.property(fc.array(branch, { minLength: 1, maxLength: 3 }), (branches) =>
        assert.equal(patternMistake(branches.join("|"), "node"), undefined),
      ),
    );
  });

  it("is asked for in every setting that holds one", () => {
    const limit = { namespaces: "batch-*", linesPerSecond: 1, burst: 1 };
    assert.throws(
      () =>
        settingsOf({
          nodeSelector: "worker-*",
          logs: { includeNamespaces: "team-a,team-b", excludeNamespaces: "kube-*", rateLimits: [limit] },
        }),
      (error: Error) => {
        for (const words of [
          /alloy:nodeSelector\n.*shell pattern.*\n.*write worker-\.\*/,
          /includeNamespaces\n.*can match no namespace: no name has a comma in it\n.*write team-a\|team-b/,
          /excludeNamespaces\n.*\n.*write kube-\.\*; if a repeated - is meant, write \[-\]\*/,
          /rateLimits\.0\.namespaces\n.*\n.*write batch-\.\*/,
        ])
          assert.match(error.message, words);
        return true;
      },
    );
  });
});
