// `node under-mocks.js PROGRAM`: runs a compiled program without an engine, and prints what it declares as JSON. It lies
// in the program's folder, so that both load the same SDK.
const pulumi = require("@pulumi/pulumi");
const { disconnect } = require("@pulumi/pulumi/runtime/settings");

const declared = [];
const mocks = {
  newResource: ({ type, name, inputs, id, provider }) => {
    declared.push({ type, name, inputs, provider: provider ?? "" });
    return { id: id || `${name}-id`, state: id ? { metadata: { name: id } } : inputs };
  },
  call: ({ token }) => {
    throw new Error(`unexpected call of ${token}`);
  },
};

async function main([program]) {
  await pulumi.runtime.setMocks(mocks, "platform", "test");
  pulumi.runtime.setAllConfig({ "platform:context": "some-context" }, []);
  await pulumi.runtime.runInPulumiStack(() => require(program));
  await disconnect();
  console.log(JSON.stringify(declared));
}

void main(process.argv.slice(2));
