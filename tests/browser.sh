# Sourced by tests/run: the browser app in Chromium, against a server of its own. The app's
# own script (web/, npm test) starts build/KIND/aceso on a free port with a small demo store
# and ends it; here its verdicts join the others.

report=$PWD/$folder/browser.junit.xml
rm -f "$report"
if [ ! -e web/package.json ]; then
    printf 'failed\tbrowser\tthere is no web/\n' >>"$results"
else
    (cd web && ACESO="$PWD/../$folder/aceso" PLAYWRIGHT_JUNIT_OUTPUT_NAME="$report" \
        npm run --silent test -- --reporter=line,junit)
    browser_status=$?
    if [ -s "$report" ]; then
        take_junit "$report"
    fi
    if [ $browser_status -ne 0 ] && ! grep -q '^failed.*web' "$results"; then
        printf 'failed\tbrowser\tthe browser tests ended with %s\n' $browser_status >>"$results"
    fi
fi
