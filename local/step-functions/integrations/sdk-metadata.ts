/** What an integration adds to a service's answer: how its SDK received it. */
export function sdkMetadata(headers: Readonly<Record<string, string>>, requestId: string) {
  const allHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    SdkHttpMetadata: { AllHttpHeaders: allHeaders, HttpHeaders: headers, HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: requestId },
  };
}
