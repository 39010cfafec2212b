# Sourced by tests/run: the browser app in Chromium, first against the made-up server of
# tests/web, then against a demo server of its own on a free port, which ends with the tests.

browser_tests() # NAME COMMAND...: runs Playwright, takes its verdicts
{
    name=$1
    shift
    report=$PWD/$folder/browser-$name.xml
    rm -f "$report"
    (cd web && PLAYWRIGHT_JUNIT_OUTPUT_NAME="$report" "$@" --reporter=list,junit) \
        >$folder/browser-$name.txt 2>&1
    browser_status=$?
    [ $browser_status -eq 0 ] || cat $folder/browser-$name.txt
    if [ -s "$report" ]; then
        take_junit "$report"
    elif [ $browser_status -eq 0 ]; then
        sed -n 's/^skipped: /skipped\tweb\t/p' $folder/browser-$name.txt >>"$results"
    fi
    if [ $browser_status -ne 0 ] && { [ ! -s "$report" ] || ! grep -q '<failure' "$report"; }; then
        printf 'failed\tweb\tthe %s tests ended with %s\n' $name $browser_status >>"$results"
    fi
}

# demo_server PATIENTS: starts it; sets server, ACESO_URL, ACESO_USER. By number: not every
# /etc/hosts has localhost.
demo_server()
{
    rm -rf $folder/browser-store $folder/browser-demo.txt # the address of the one before
    $folder/aceso demo --store $folder/browser-store --patients $1 --port 0 \
        --password "$ACESO_PASSWORD" >$folder/browser-demo.txt 2>&1 &
    server=$!
    for wait in $(seq 120); do
        ACESO_URL=$(sed -n 's|^Aceso serves \(.*\)//localhost:|\1//127.0.0.1:|p' \
            $folder/browser-demo.txt 2>/dev/null)
        [ -z "$ACESO_URL" ] || break
        kill -0 $server 2>/dev/null || break
        sleep 1
    done
    sleep 1
    ACESO_USER=$(awk '$2 == "gp" { print $1; exit }' $folder/browser-demo.txt)
    ACESO_COMMAND="$PWD/$folder/aceso --store $PWD/$folder/browser-store/aceso.store"
    export ACESO_URL ACESO_USER ACESO_COMMAND
}

# Programs of others, for programs.spec.ts; without them its tests say that they were left out.
client_libraries()
{
    [ -d tests/clients/node_modules/openid-client ] && return
    (cd tests/clients && npm ci --silent) >$folder/browser-clients.txt 2>&1 ||
        cat $folder/browser-clients.txt
}

if [ ! -e web/package.json ]; then
    printf 'failed\tweb\tthere is no web/\n' >>"$results"
else
    browser_tests states npm run --silent test:states --
    export ACESO_PASSWORD=demo-for-the-browser-tests
    export ACESO_PROGRAM=$PWD/$folder/aceso ACESO_STORE_FILE=$PWD/$folder/browser-store/aceso.store
    export ACESO_SECOND_FACTOR=all
    demo_server 5
    if [ -n "$ACESO_URL" ]; then
        browser_tests factors npm run --silent test:factors --
    else
        cat $folder/browser-demo.txt
        printf 'failed\tweb\tthe demo server with second factors did not start\n' >>"$results"
    fi
    kill $server 2>/dev/null
    wait $server 2>/dev/null
    unset ACESO_SECOND_FACTOR
    client_libraries
    demo_server 200
    if [ -n "$ACESO_URL" ]; then
        browser_tests server npm run --silent test --
    else
        cat $folder/browser-demo.txt
        printf 'failed\tweb\tthe demo server did not start\n' >>"$results"
    fi
    kill $server 2>/dev/null
    wait $server 2>/dev/null
fi
