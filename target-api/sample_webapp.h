/*
 * sample_webapp - the sample app of Google's tutorial on load testing with Locust and Kubernetes.
 * With -sample-webapp, it replaces the users API.
 *
 *     GET /            Welcome to the "Distributed Load Testing Using Kubernetes" sample web app
 *     POST /login      /login - device: ID
 *     POST /metrics    /metrics - device: ID, timestamp: TIME
 *
 * ID and TIME are the fields deviceid and timestamp of the form in the body, whatever the
 * Content-Type; a missing field is empty. Answers are plain text and end with a newline.
 *
 * Threads: any.
 */
#ifndef TARGET_API_SAMPLE_WEBAPP_H
#define TARGET_API_SAMPLE_WEBAPP_H

#include "target-api/handlers.h"

handler_fn webapp_root;
handler_fn webapp_login;
handler_fn webapp_metrics;

#endif
