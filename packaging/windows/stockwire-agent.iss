; The set-up program of the agent (Inno Setup 6). build.ps1 makes it from build\frozen\stockwire.
; NOT YET RUN ON WINDOWS.
; It never touches ProgramData\Stockwire: configuration, journal and token outlive upgrades and removal.
#ifndef Version
  #define Version "0.0.0"
#endif

[Setup]
AppId={{6B2D7B52-5C1B-4B57-9B65-0E5A9C0B7D31}
AppName=Stockwire agent
AppVersion={#Version}
AppPublisher=Stockwire
DefaultDirName={autopf}\Stockwire Agent
DisableProgramGroupPage=yes
PrivilegesRequired=admin
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
ChangesEnvironment=yes
OutputDir=..\..\build
OutputBaseFilename=stockwire-agent-{#Version}
Compression=lzma2
SolidCompression=yes
LicenseFile=..\..\LICENSE
UninstallDisplayIcon={app}\stockwire.exe

[InstallDelete]
; Nothing of the version before may stay among the libraries of this one.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\build\frozen\stockwire\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Dirs]
Name: "{commonappdata}\Stockwire"; Flags: uninsneveruninstall

[Registry]
Root: HKLM; Subkey: "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"; ValueType: expandsz; \
  ValueName: "Path"; ValueData: "{olddata};{app}"; Check: NotInPath

[Run]
; Configuration and journal hold passwords, and ProgramData is open to every user: only administrators and the
; system may look, until `service install` gives its part to the service.
Filename: "{sys}\icacls.exe"; Parameters: """{commonappdata}\Stockwire"" /inheritance:r /grant:r *S-1-5-32-544:(OI)(CI)F *S-1-5-18:(OI)(CI)F"; \
  Flags: runhidden; Check: not Configured
; The first time there is no agent.toml: one is written to be filled in, and the service is made by hand.
Filename: "{cmd}"; Parameters: "/C """"{app}\stockwire.exe"" agent example-config > ""{commonappdata}\Stockwire\agent.toml"""""; \
  Flags: runhidden; Check: not Configured; StatusMsg: "Writing an agent.toml to fill in..."
Filename: "notepad.exe"; Parameters: """{commonappdata}\Stockwire\agent.toml"""; Description: "Fill in agent.toml"; \
  Flags: postinstall nowait skipifsilent; Check: NewlyWritten
; An upgrade: the service is set right for this version and started again.
Filename: "{app}\stockwire.exe"; Parameters: "agent service install"; Flags: runhidden; Check: WasService
Filename: "{app}\stockwire.exe"; Parameters: "agent service start"; Flags: runhidden; Check: WasService

[UninstallRun]
Filename: "{app}\stockwire.exe"; Parameters: "agent service remove"; Flags: runhidden; RunOnceId: "RemoveService"

[Code]
var
  ServiceWasThere: Boolean;
  ConfigWasThere: Boolean;

function ConfigFile(): String;
begin
  Result := ExpandConstant('{commonappdata}\Stockwire\agent.toml');
end;

function Configured(): Boolean;
begin
  Result := ConfigWasThere;
end;

function NewlyWritten(): Boolean;
begin
  Result := not ConfigWasThere;
end;

function WasService(): Boolean;
begin
  Result := ServiceWasThere;
end;

function NotInPath(): Boolean;
var
  Path: String;
begin
  RegQueryStringValue(HKLM, 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment', 'Path', Path);
  Result := Pos(';' + Lowercase(ExpandConstant('{app}')) + ';', ';' + Lowercase(Path) + ';') = 0;
end;

// Before files are replaced: a running service holds them open. It is stopped by its own old program, which
// lets an order in hand be finished. Status 2 says that there is no service.
function PrepareToInstall(var NeedsRestart: Boolean): String;
var
  Program: String;
  Code: Integer;
begin
  Result := '';
  ConfigWasThere := FileExists(ConfigFile());
  ServiceWasThere := False;
  Program := ExpandConstant('{app}\stockwire.exe');
  if not FileExists(Program) then exit;
  if Exec(Program, 'agent service status', '', SW_HIDE, ewWaitUntilTerminated, Code) then
    ServiceWasThere := (Code = 0) or (Code = 1);
  if ServiceWasThere then
    if not Exec(Program, 'agent service stop', '', SW_HIDE, ewWaitUntilTerminated, Code) or (Code <> 0) then
      Result := 'The service Stockwire agent could not be stopped. Stop it in services.msc and try again.';
end;
