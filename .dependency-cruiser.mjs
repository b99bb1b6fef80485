export default { forbidden: [{name:"no-circular",severity:"error",from:{},to:{circular:true}},{name:"unres",severity:"error",from:{},to:{couldNotResolve:true}}],
options:{ doNotFollow:{path:"node_modules"}, tsPreCompilationDeps:true, tsConfig:{fileName:"tsconfig.base.json"}, combinedDependencies:false,
 enhancedResolveOptions:{exportsFields:["exports"],conditionNames:["import","types","default"],extensions:[".ts",".js",".d.ts"]}}}
