"""Whether each service of a compose file is as shut as it can be; prints what is not."""

import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    compose = yaml.safe_load(file)

faults = []
for name, service in compose["services"].items():
    wanted = {
        "a read-only root": service.get("read_only") is True,
        "no capabilities": service.get("cap_drop") == ["ALL"] and not service.get("cap_add"),
        "no new privileges": "no-new-privileges:true" in service.get("security_opt", []),
        "a user of its own, not root": service.get("user", "0").split(":")[0] not in ("0", "root"),
        "a health check": "healthcheck" in service,
        "secrets as files": not any(
            "password" in key.lower() and not key.endswith("_FILE")
            for key in service.get("environment", {})
        ),
        "no privileges": not service.get("privileged"),
    }
    faults += [f"{name} wants {what}" for what, there in wanted.items() if not there]
for secret, source in compose["secrets"].items():
    if "file" not in source:
        faults.append(f"the secret {secret} is no file")
print("\n".join(faults))
sys.exit(1 if faults else 0)
