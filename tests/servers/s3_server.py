"""A store that speaks S3 (moto), with a key and a bucket, that checks signatures and rights.

Arguments: the port (0 for any), and as pairs of one word what to make: `bucket NAME`. Prints its port, key and secret as
JSON, and ends when its input does.
"""

import json
import sys

import boto3
import requests
from moto.server import ThreadedMotoServer

port, *wanted = sys.argv[1:]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://{host}:{port}"
before = dict(endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

iam = boto3.client("iam", **before)
iam.create_user(UserName="stock")
key = iam.create_access_key(UserName="stock")["AccessKey"]
rights = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
policy = json.dumps({"Version": "2012-10-17", "Statement": rights})
iam.put_user_policy(UserName="stock", PolicyName="all", PolicyDocument=policy)
s3 = boto3.client("s3", **before)
for bucket in wanted:
    s3.create_bucket(Bucket=bucket)
# From here on everybody must sign with a key that there is.
requests.post(f"{endpoint}/moto-api/reset-auth", data="0").raise_for_status()
print(json.dumps({"port": port, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)

mine = dict(before, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
s3 = boto3.client("s3", **mine)
# What the tests do behind the site's back, one command a line.
for line in sys.stdin:
    command, bucket, name, *rest = json.loads(line)
    try:
        if command == "list":
            found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
            answer = [[entry["Key"], entry["Size"]] for entry in found]
        elif command == "uploads":
            answer = [entry["Key"] for entry in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
        elif command == "read":
            read = s3.get_object(Bucket=bucket, Key=name)
            body = read["Body"].read()
            answer = {"bytes": len(body), "text": body[:200].decode("latin-1"), "metadata": read["Metadata"]}
        elif command == "write":
            s3.put_object(Bucket=bucket, Key=name, Body=rest[0].encode("latin-1"))
            answer = True
        else:
            answer = f"no command {command}"
    except Exception as error:  # noqa: BLE001: whatever it is, the test is to see it
        answer = str(error)
    print(json.dumps(answer), flush=True)
server.stop()
