/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 */
import { isKind, onObjects, pathIn } from "../kubernetes";
import { onContainers, onPods } from "../pods";
import type { Report, Rule, RuleConfig } from "../rule";
import { asArray, asObject, at, eachItem, fieldPath, isAbsent, text, texts } from "../values";

/**
 * Drivers that hand out a volume of a storage system's own, none of a node's directories and none of a server that the
 * object names. Source: https://kubernetes-csi.github.io/docs/drivers.html
 */
const drivers: readonly string[] = [
  ...["ebs.csi.aws.com", "efs.csi.aws.com", "fsx.csi.aws.com", "pd.csi.storage.gke.io", "filestore.csi.storage.gke.io"],
  ...["disk.csi.azure.com", "file.csi.azure.com", "dobs.csi.digitalocean.com", "csi.hetzner.cloud"],
  ...["cinder.csi.openstack.org", "csi.vsphere.vmware.com", "driver.longhorn.io", "linodebs.csi.linode.com"],
  ...["rook-ceph.rbd.csi.ceph.com", "rook-ceph.cephfs.csi.ceph.com", "rbd.csi.ceph.com", "cephfs.csi.ceph.com"],
];

/** Drivers that write what a pod is given itself: secrets, certificates, identities. Their own docs, one each. */
const inlineDrivers: readonly string[] = [
  ...["secrets-store.csi.k8s.io", "csi.cert-manager.io", "csi.spiffe.io", "spiffe.csi.cert-manager.io"],
];

// What every PersistentVolume has beside its kind of volume. Source: core/v1 PersistentVolumeSpec
const common = [
  ...["capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName", "mountOptions"],
  ...["volumeMode", "nodeAffinity", "volumeAttributesClassName"],
];
// Rule pod-host-path reads these.
const onNode = ["hostPath", "local"];

const isDriver = (name: unknown, known: readonly string[], config: RuleConfig): boolean =>
  [...known, ...texts(config["drivers"])].includes(text(name));

export const storageVolumes: Rule = {
  name: "storage-volumes",
  description: "A volume comes from a storage system by way of its driver: no server, disk or volume is named by hand.",
  severity: "high",
  remediation: "Claim a volume of a StorageClass, or list the CSI driver in this rule's `drivers`.",
  url: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
  configSchema: {
    properties: {
      drivers: {
        type: "array",
        items: { type: "string" },
        description: "More CSI drivers that volumes may name. Default: the usual ones of clouds, Ceph and Longhorn.",
      },
    },
  },
  defaults: { drivers: [] },
  checks: [
    onObjects(
      (object) => isKind(object, "", "PersistentVolume"),
      (object, report, config) => {
        const spec = asObject(object.props["spec"]);
        for (const type of Object.keys(spec)) {
          if (common.includes(type) || onNode.includes(type) || isAbsent(spec[type])) continue;
          if (type === "csi" && isDriver(at(spec[type], "driver"), drivers, config)) continue;
          report.violation(
            pathIn(object, "spec", type),
            type === "csi" ? "is by a driver that is not listed" : "names a server or a disk by hand",
          );
        }
      },
    ),
    onObjects(
      (object) => isKind(object, "", "PersistentVolumeClaim"),
      (object, report) => lookAtClaim(object.props["spec"], pathIn(object, "spec"), report),
    ),
    // The same claim where a workload writes it itself.
    onObjects(
      (object) => isKind(object, "apps", "StatefulSet"),
      (object, report) => {
        const path = pathIn(object, "spec", "volumeClaimTemplates");
        eachItem(at(object.props, "spec", "volumeClaimTemplates"), path, report, (item, itemPath) =>
          lookAtClaim(at(item, "spec"), `${itemPath}.spec`, report),
        );
      },
    ),
    onPods((pod, report) =>
      eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) =>
        lookAtClaim(
          at(item, "ephemeral", "volumeClaimTemplate", "spec"),
          `${path}.ephemeral.volumeClaimTemplate.spec`,
          report,
        ),
      ),
    ),
    onPods((pod, report, config) =>
      eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
        const { csi } = asObject(item);
        if (!isAbsent(csi) && !isDriver(asObject(csi)["driver"], inlineDrivers, config))
          report.violation(fieldPath(path, "csi"), "mounts by a driver that is not listed");
      }),
    ),
    onContainers(({ container, path }, report) => {
      const devices = container["volumeDevices"];
      if (asArray(devices).length > 0 || (!isAbsent(devices) && !Array.isArray(devices)))
        report.violation(`${path}.volumeDevices`, "hands a raw disk to the container, past every file's permissions");
    }),
  ],
};

function lookAtClaim(claim: unknown, path: string, report: Report): void {
  const { volumeName, selector, dataSourceRef } = asObject(claim);
  if (text(volumeName) !== "") report.violation(`${path}.volumeName`, "binds a volume that may be somebody else's");
  if (!isAbsent(selector)) report.violation(`${path}.selector`, "chooses a volume that may be somebody else's");
  if (!isAbsent(asObject(dataSourceRef)["namespace"]))
    report.violation(`${path}.dataSourceRef.namespace`, "copies a volume of another namespace");
}
