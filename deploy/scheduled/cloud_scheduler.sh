#!/usr/bin/env bash
# Google Cloud: Cloud Scheduler starts a job of Cloud Run every night, whose container submits the
# pipeline to Dataflow, waits for its end, and commits.
#
#   PROJECT=my-project REGION=europe-west1 BUCKET=my-crawl IMAGE=…/pagesieve:0.1.0 \
#   ACCOUNT=pagesieve@my-project.iam.gserviceaccount.com ./cloud_scheduler.sh
set -euo pipefail
: "${PROJECT:?}" "${REGION:?}" "${BUCKET:?}" "${IMAGE:?}" "${ACCOUNT:?}"

# The container's shell puts the date in, at the start of each run.
# shellcheck disable=SC2016
command='night=$(date -u -d yesterday +%F)
exec pagesieve clean --input="gs://$BUCKET/incoming/$night" --output="gs://$BUCKET/clean/$night" \
  --history="gs://$BUCKET/history" --wait --progress=plain \
  --runner=DataflowRunner --project="$PROJECT" --region="$REGION" \
  --temp_location="gs://$BUCKET/temp" --sdk_container_image="$IMAGE" \
  --service_account_email="$ACCOUNT"'

gcloud run jobs deploy pagesieve \
  --project="$PROJECT" --region="$REGION" --image="$IMAGE" --service-account="$ACCOUNT" \
  --set-env-vars="PROJECT=$PROJECT,REGION=$REGION,BUCKET=$BUCKET,IMAGE=$IMAGE,ACCOUNT=$ACCOUNT" \
  --command=/bin/bash --args="^|^-c|$command" \
  --task-timeout=12h --max-retries=2 --memory=4Gi --cpu=2

uri="https://run.googleapis.com/v2/projects/$PROJECT/locations/$REGION/jobs/pagesieve:run"
action=create
if gcloud scheduler jobs describe pagesieve --project="$PROJECT" --location="$REGION" \
  >/dev/null 2>&1; then
  action=update
fi
gcloud scheduler jobs "$action" http pagesieve \
  --project="$PROJECT" --location="$REGION" --schedule="10 2 * * *" --time-zone=Etc/UTC \
  --uri="$uri" --http-method=POST --oauth-service-account-email="$ACCOUNT"
