# Builds the installed agent on a Windows machine with Python 3.11 or later (64 bit) and, for the set-up
# program, Inno Setup 6. Run it at the top of the source: powershell -File packaging\windows\build.ps1
# NOT YET RUN ON WINDOWS. The same spec builds and runs on Linux: make freeze.
param(
    [string] $Python = "python",
    [string] $InnoSetup = "${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe"
)
$ErrorActionPreference = "Stop"

function Run {
    $program, $arguments = $args
    & $program @arguments
    if ($LASTEXITCODE -ne 0) { throw "$program $arguments ended with $LASTEXITCODE." }
}

$top = Resolve-Path (Join-Path $PSScriptRoot "..\..")
Set-Location $top
Run $Python -c "import sys; sys.exit(sys.version_info < (3, 11) or sys.maxsize < 2**32)"

$tools = "build\tools"
if (-not (Test-Path "$tools\Scripts\python.exe")) { Run $Python -m venv $tools }
$venvPython = "$tools\Scripts\python.exe"
Run $venvPython -m pip install --quiet --require-hashes -r packaging\agent.lock
Run $venvPython -m pip install --quiet --no-deps .

Run $venvPython -m PyInstaller --noconfirm --log-level WARN --distpath build\frozen --workpath build\work packaging\stockwire.spec
Run build\frozen\stockwire\stockwire.exe agent --help
$version = & $venvPython -c "from importlib.metadata import version; print(version('stockwire'))"

if (Test-Path $InnoSetup) {
    Run $InnoSetup /Qp "/DVersion=$version" packaging\windows\stockwire-agent.iss
    Write-Host "Made build\stockwire-agent-$version.exe"
} else {
    Compress-Archive -Force build\frozen\stockwire "build\stockwire-agent-$version.zip"
    Write-Host "Inno Setup is not here. Made build\stockwire-agent-$version.zip; see packaging\README.md."
}
